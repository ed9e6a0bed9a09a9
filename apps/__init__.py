"""Django applications, named after things people see."""
